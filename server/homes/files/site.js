// What the pages do by themselves: dialogs, pictures, share and save. The tracker needs none of it, but for the search,
// of which it is told by a call. The first line keeps such calls until the tracker is there.
window.footfall = window.footfall || function () { const a = arguments; a.t = Date.now(); (footfall.q = footfall.q || []).push(a) }

const tell = text => { document.querySelector("[data-told]").textContent = text }

const share = async () => {
  try {
    if (navigator.share) await navigator.share({ title: document.title, url: location.href })
    else await navigator.clipboard.writeText(location.href)
    tell(navigator.share ? "" : "The address of this page was copied.")
  } catch (e) {
    tell(e.name == "AbortError" ? "" : "The address of this page: " + location.href)
  }
}

addEventListener("click", e => {
  const at = selector => e.target.closest(selector)
  const opens = at("[data-open]"), slides = at("[data-slide]"), save = at("[data-save]")
  if (opens) document.getElementById(opens.dataset.open).showModal()
  if (at("[data-close]") || e.target.matches("dialog")) at("dialog").close()
  if (slides) {
    const row = at("dialog").querySelector(".slides")
    row.scrollBy({ left: slides.dataset.slide * row.clientWidth, behavior: "smooth" })
  }
  if (at("[data-share]")) share()
  if (save) {
    save.disabled = true
    save.textContent = "Saved"
  }
})

addEventListener("submit", e => {
  if (e.target.id != "search") return
  const { beds, max } = e.target
  footfall("track", "property_search", { beds: +beds.value, maxPrice: +max.value })
})
