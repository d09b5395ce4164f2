// One view of a page: a load, a route, a return from the back-forward cache, or what goes on after a session has ended.

import { conf, doc, log, now, safe, win } from './page'
import { came, consent, session, uid, visitor } from './ids'
import { clock, tick } from './clock'
import { push } from './outbox'

type Fields = Record<string, unknown>

/** What the other parts do when a view begins, and before it ends. */
export const hooks = { begin: [] as ((route?: boolean) => void)[], end: [] as (() => void)[] }

/** The time of calls that are replayed, 0 while none is. */
export const replay = { at: 0 }

export let page = '' // empty while nothing is told
export let own = '' // the view's session
let here = ''
let count = 0
let last = 0 // when the view's newest event was
let told = 0 // the clock's ms then
let next = 0 // the clock's seconds at which it will be told
let referrer = doc.referrer

const excluded = new RegExp('^(' + (conf.exclude || '').replace(/\*/g, '.*').replace(/[\s,]+/g, '|') + ')$')

const path = () => location.pathname + (conf.hash != null ? location.hash : '')

/** Queues an event. The events that end a view stay in its session, even if that is over. */
export const emit = (eventType: string, more?: Fields, ending?: boolean): void => {
	if (!page) return
	if (!ending && own != session()) return turn(), emit(eventType, more)
	tick()
	let event: Fields = {
		eventType, eventId: page + '.' + count++, pageId: page, sessionId: own, visitorId: visitor, consent,
		profileId: conf.profile, durationSeconds: Math.round(clock.ms) / 1e3,
		// An iPad says that it is a Mac.
		deviceType: navigator.maxTouchPoints > 1 && /Mac/.test(navigator.platform) ? 'tablet' : undefined,
		webdriver: navigator.webdriver || undefined,
		...more,
	}
	const before = win.footfall.before
	const edited = before && safe<any, any>(before)(event)
	if (edited === false || edited === null) return
	event = edited || event
	const ts = replay.at || (ending && now() - last > 18e5 ? last : now())
	last = now()
	log(eventType, event)
	push(JSON.stringify({ ts, ...event }))
}

/** Tells the clock if it has grown. */
const tell = (ending?: boolean) => {
	if (clock.ms - told > 99) {
		told = clock.ms
		emit('page_duration', {}, ending)
	}
}

/** Sees what time and the visitor have changed. */
export const watch = () => {
	const was = clock.on
	tick()
	if (page && clock.on && !was && own != session()) turn()
	if (clock.ms >= next * 1e3) {
		next += next == 10 ? 10 : next < 60 ? 20 : 60
		tell()
	}
	if (was && !clock.on) tell()
}

export const end = () => {
	if (!page) return
	tick()
	hooks.end.forEach(f => f())
	tell(true)
}

export const begin = (route?: boolean) => {
	const url = location.href.split('#')[0].slice(0, 2048)
	here = path()
	page = ''
	if (consent == 'denied' || excluded.test(location.pathname)) return
	page = uid()
	own = session()
	tick()
	count = clock.ms = told = 0
	next = 10
	emit('page_view', { url, title: doc.title.slice(0, 500), referrerUrl: referrer.slice(0, 2048) })
	referrer = url
	if (came.back) {
		came.back = false
		emit('return_visit')
	}
	hooks.begin.forEach(f => f(route))
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
