// The order of things: what the page has said already, then the first view once somebody sees it, then what follows.

import { conf, doc, now, on, safe, win } from './page'
import { agree, allowed, consent, get, identify, put, visitor } from './ids'
import { drop, leave, send, start } from './outbox'
import { begin, end, moved, own, page, replay, route, soon, turn, watch } from './view'
import { show } from './listing'
import { clicked, tell } from './clicks'
import { submitted, typed } from './forms'

type Call = any[] & { t?: number }

const interaction = (id: string, type?: string) =>
	tell('property_interaction', { interactionType: type || id }, type ? id : undefined)

const api: Record<string, (...a: any[]) => unknown> = {
	track: (type, data) => type.eventType ? tell(type.eventType, type.eventData, type.propertyId) : tell(type, data),
	property: show,
	trackPropertyView: show,
	interaction,
	trackPropertyInteraction: interaction,
	page: turn,
	flush: send,
	identify,
	ids: () => ({ visitorId: visitor(), sessionId: own, pageId: page }),
	consent: (wish: string) => {
		const changes = allowed(wish) != consent
		if (changes) {
			end()
			wish == 'denied' ? drop() : leave()
		}
		agree(wish)
		put('c', consent)
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

/** Calls that set something (consent, identify, before) or ask (ids) are carried out at once, others when the page has
 * been seen. */
const sets = (call: Call) => /^(co|id|be)/.test(call[0])

const take = (...call: any) => {
	if (seen || sets(call)) return run(call)
	call.t = now()
	waiting.push(call)
}

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
	win.footfall = take
	win.footfall.before = stub?.before
	agree(get('c') || conf.consent)
	waiting = waiting.filter(call => !sets(call) || void run(call))
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
		e.persisted && begin()
		send()
	})
	on('online', send)
	setInterval(safe(watch), 1e3)
	see(began)
}

if (!stub?.ids) safe(install)()
