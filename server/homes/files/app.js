// The single-page variant: pages below /app/ are fetched, and only what is in <main> is replaced. The tracker learns of
// new routes by itself.
const go = async (address, isNew) => {
  const answer = await fetch(address)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  if (isNew) history.pushState(null, "", address)
  document.title = page.title
  document.querySelector("main").replaceWith(page.querySelector("main"))
  document.querySelector("footer").replaceWith(page.querySelector("footer"))
  if (isNew) scrollTo(0, 0)
}

addEventListener("click", e => {
  const link = e.target.closest("a[href]")
  if (!link || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
  const to = new URL(link.getAttribute("href"), location.href) // a link within a drawing has another kind of href
  if (to.origin != location.origin || !to.pathname.startsWith("/app/")) return
  e.preventDefault()
  go(to.pathname + to.search, true)
})

addEventListener("submit", e => {
  const form = e.target, to = new URL(form.getAttribute("action"), location.href)
  e.preventDefault()
  if (form.method == "get") to.search = new URLSearchParams(new FormData(form))
  go(to.pathname + to.search, true)
})

addEventListener("popstate", () => go(location.pathname + location.search))
