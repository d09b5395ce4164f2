// One view of a page: a load, a route, a return from the back-forward cache, or what goes on after a session has ended.
// It has an id and a clock of engaged time: while the page is visible, has the focus, and something was typed, pointed or
// scrolled within a minute.

import { conf, doc, log, names, now, safe, win } from './page'
import { consent, get, named, put, session, touch, uid, visitor } from './ids'
import { push } from './outbox'
import { depth, forget } from './scroll'
import { anew, find } from './listing'
import { abandon } from './forms'

type Fields = Record<string, unknown>

/** The time of calls that are replayed, 0 while none is. */
export const replay = { at: 0 }

export let page = '' // empty while nothing is told
export let own = '' // the view's session
let ending = false
let here = ''
let count = 0
let last = 0 // when the view's newest event was
let referrer = doc.referrer.split('?')[0]

let clock = 0 // ms
let told = 0 // the clock when it was last told
let next = 0 // the clock's seconds at which it will be told
let mark = 0 // when the clock was last looked at, by performance.now()
let input = 0 // when somebody last did something
let engaged = false

/** Brings the clock up to now. It is called each second: a longer step means that the machine slept, and adds nothing. */
const tick = () => {
	const t = performance.now()
	if (engaged && t - mark < 5e3) clock += t - mark
	mark = t
	engaged = !doc.hidden && doc.hasFocus() && t - input < 6e4
}

const path = () => location.pathname + (conf.hash != null ? location.hash : '')

/** Queues an event. The events that end a view stay in its session, even if that is over. */
export const emit = (eventType: string, more?: Fields): void => {
	if (!page) return
	if (!ending) {
		if (own != session()) return turn(), emit(eventType, more)
		touch(own)
	}
	tick()
	const event: Fields = {
		eventType, eventId: page + count++, pageId: page, sessionId: own, visitorId: visitor(), consent: named(),
		profileId: conf.profile, durationSeconds: (clock | 0) / 1e3,
		// An iPad says that it is a Mac.
		deviceType: navigator.maxTouchPoints > 1 && /Mac/.test(navigator.platform) && 'tablet' || undefined,
		...more,
	}
	const before = win.footfall.before
	const edited = before && safe<any, any>(before)(event)
	if (edited === false || edited === null) return
	const text = JSON.stringify({ ts: replay.at || (ending && !session() ? last : now()), ...(edited || event) })
	last = now()
	log(text)
	push(text)
}

/** Tells the clock if it has grown. */
const tell = () => {
	if (clock - told > 99) {
		told = clock
		emit('page_duration')
	}
}

/** Sees what time and the visitor have changed. */
export const watch = () => {
	const was = engaged
	tick()
	if (engaged && !was && page && own != session()) turn()
	if (clock >= next * 1e3) {
		next += next == 10 ? 10 : next < 60 ? 20 : 60
		tell()
	}
	if (was && !engaged) tell()
}

/** Notes that somebody did something. */
export const moved = () => {
	input = performance.now()
	engaged || watch()
}

let looking = 0 // a timer

/** Looks at once for what was to be looked for. */
const look = safe(() => {
	if (looking) {
		looking = 0
		depth()
		find()
	}
})

/** Looks soon for what scrolling and changes of the page have brought, but not at each of them. */
export const soon = () => { looking ||= setTimeout(look, 250) }

export const end = () => {
	if (!page) return
	ending = true
	tick()
	look()
	abandon()
	tell()
}

export const begin = (route?: boolean) => {
	// Of the query only what tells where somebody came from: a form may have put anything into it.
	const query = location.search.match(/(utm_\w+|[gf]b?clid)=[^&]*/g) || []
	const url = location.origin + location.pathname + '?' + query.join('&')
	here = path()
	page = ''
	ending = false
	if (consent == 'denied' || names(conf.exclude, location.pathname)) return
	const going = session()
	const back = !going && get('v')
	page = uid()
	touch(own = going || uid())
	put('v', get('v') || uid())
	tick()
	count = clock = told = 0
	next = 10
	emit('page_view', { url, referrerUrl: referrer })
	referrer = url
	if (back) emit('return_visit')
	forget()
	anew(route)
}

/** Ends a view and begins the next. */
export const turn = (route?: boolean) => {
	end()
	begin(route)
}

/** Turns if the page's path is another one now. */
export const route = () => {
	path() != here && turn(true)
}
