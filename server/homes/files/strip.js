// Shows the visitor's session as the server sees it. The site's own process asks the server: the page has no key for that.
const strip = document.getElementById("strip")
const slot = name => strip.querySelector(`[data-show=${name}]`)

const show = (name, text) => {
  const e = slot(name)
  if (e.textContent == text) return
  e.classList.toggle("changed", !["", "–"].includes(e.textContent))
  e.textContent = text
  setTimeout(() => e.classList.remove("changed"), 1200)
}

const duration = s => s < 60 ? s + " s" : Math.floor(s / 60) + " min " + s % 60 + " s"

const row = ({ time, type, about }) => {
  const li = document.createElement("li")
  for (const [tag, text] of [["time", new Date(time).toLocaleTimeString([], { hour12: false })], ["b", type], ["span", about]]) {
    const e = document.createElement(tag)
    e.textContent = text
    li.append(e)
  }
  return li
}

let newest = ""

const look = async () => {
  const id = window.footfall?.ids?.().sessionId
  if (document.hidden || !id) return
  const answer = await fetch("/_session?id=" + encodeURIComponent(id))
  if (!answer.ok) return
  const s = await answer.json()
  if (!s.found) return
  show("score", s.score)
  show("intent", s.intent)
  show("viewed", s.viewed.length)
  show("deep", s.deep.join(", ") || "none yet")
  show("dwell", duration(s.dwell))
  show("visits", s.visits)
  show("form", s.form + (s.lead ? ", is a lead" : ""))
  show("asked", `curl -H "Authorization: Bearer $FOOTFALL_ADMIN_KEY" ${s.asked}`)
  const events = JSON.stringify(s.events)
  if (events != newest) slot("events").replaceChildren(...s.events.map(row))
  newest = events
}

const ask = async () => {
  await look().catch(() => { }) // the demo may have ended
  setTimeout(ask, 1000)
}

// It stands open beside the page where there is room, and closed at its foot elsewhere.
const room = matchMedia("(min-width: 70rem)")
const fit = () => { strip.querySelector("details").open = room.matches }
room.addEventListener("change", fit)
fit()
ask()
