// The order of things: what the page has said already, then the first view once somebody sees it, then what follows.

import { conf, doc, now, on, safe, win } from './page'
import { agree, allowed, consent, get, identify, put, visitor } from './ids'
import { drop, leave, send, start } from './outbox'
import { begin, end, hooks, moved, own, page, replay, route, turn, watch } from './view'
import { depth, forget } from './scroll'
import { anew, look as listings, show } from './listing'
import { clicked, tell } from './clicks'
import { abandon, submitted, typed } from './forms'

type Call = any[] & { t?: number }

const interaction = (id: string, type?: string) =>
	tell('property_interaction', { interactionType: type || id }, type ? id : undefined)

const api: Record<string, (...a: any[]) => unknown> = {
	track: (type, data) => type.eventType ? tell(type.eventType, type.eventData, type.propertyId) : tell(type, data),
	property: show,
	trackPropertyView: show,
	interaction,
	trackPropertyInteraction: interaction,
	page: () => turn(),
	flush: send,
	identify,
	ids: () => ({ visitorId: visitor(), sessionId: own, pageId: page }),
	consent: (wish: string) => {
		const changes = allowed(wish) != (consent || 'granted')
		if (changes) {
			end()
			wish == 'denied' ? drop() : leave()
		}
		agree(wish)
		if (wish == 'granted') put('c', wish)
		changes && seen && begin()
	},
	before: f => { win.footfall.before = f },
}

for (const what of ['Start', 'Abandon', 'Submit']) {
	api['form' + what] = api['trackForm' + what] = (formType: string, fieldsCompleted?: string[]) =>
		tell('form_' + what.toLowerCase(), { formType, fieldsCompleted })
}

const stub = win.footfall
let waiting: Call[] = stub?.q || []
let seen = false

const run = ([name, ...rest]: Call) => safe(api[name])(...rest)

/** Calls that set something are carried out at once, others when the page has been seen. */
const sets = (call: Call) => /^(consent|identify|before|ids)$/.test(call[0])

const take = (...call: any) => {
	if (seen || sets(call)) return run(call)
	call.t = now()
	waiting.push(call)
}

let looking = 0 // a timer

/** Looks at once for what was to be looked for. */
const look = safe(() => {
	if (looking) {
		depth()
		listings()
	}
	looking = 0
})

/** Looks soon for what scrolling and changes of the page have brought, but not at each of them. */
const soon = () => { looking ||= setTimeout(look, 250) }

const began = performance.timing.responseStart

/** Begins once the page is seen. Until then it may be prerendered, or a tab in the background. */
const see = (at = 0) => {
	if (doc.hidden) return
	seen = true
	replay.at = at
	begin()
	start()
	waiting.forEach(call => {
		replay.at = call.t || began // the short stub notes no times
		run(call)
	})
	replay.at = 0
}

const install = () => {
	for (const name in api) (take as any)[name] = (...call: unknown[]) => take(name, ...call)
	win.footfall = Object.assign(take, {
		before: stub?.before,
		q: { push: (call: Call) => take(...call) }, // whoever still has the stub
	})
	agree(get('c') || conf.consent)
	waiting = waiting.filter(call => !sets(call) || void run(call))
	hooks.begin = route => {
		forget()
		anew(route)
	}
	hooks.end = () => {
		look()
		abandon()
	}
	new MutationObserver(soon).observe(doc, { subtree: true, childList: true, attributes: true })
	on('scroll', soon)
	on('click auxclick', clicked)
	on('input', typed)
	on('submit', submitted)
	on('visibilitychange', () => {
		if (!seen) return see()
		watch()
		doc.hidden ? leave() : send()
	})
	on('focus blur', watch)
	on('pointerdown pointermove keydown scroll', moved)
	on('popstate', route)
	for (const what of ['push', 'replace']) {
		const name = what + 'State' as 'pushState'
		const original = history[name]
		history[name] = function (this: History) {
			const result = original.apply(this, arguments as any)
			safe(route)()
			return result
		}
	}
	on('pagehide', () => {
		end()
		leave()
	})
	on('pageshow', e => {
		e.persisted && seen && begin()
		send()
	})
	on('online', send)
	setInterval(safe(watch), 1e3)
	see(began)
}

if (!stub?.ids) safe(install)()
