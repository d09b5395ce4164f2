// The order of things: what the page has said already, then the first view once somebody sees it, then what follows.

import { conf, doc, now, on, safe, win } from './page'
import { agree, allowed, consent, get, identify, put, visitor } from './ids'
import { drop, leave, send, start } from './outbox'
import { clock } from './clock'
import { begin, end, own, page, replay, route, turn, watch } from './view'
import { show, watchListings } from './listing'
import { tell, watchClicks } from './clicks'
import { watchForms } from './forms'
import { watchScrolling } from './scroll'

type Call = ArrayLike<any> & { t?: number }

const interaction = (id: string, type?: string) =>
	tell('property_interaction', { interactionType: type || id }, type ? id : undefined)

const form = (type: string) => (formType: string, fieldsCompleted?: string[]) => tell(type, { formType, fieldsCompleted })

const api: Record<string, (...a: any[]) => unknown> = {
	track: (type, data) => type.eventType ? tell(type.eventType, type.eventData, type.propertyId) : tell(type, data),
	property: show,
	trackPropertyView: show,
	interaction,
	trackPropertyInteraction: interaction,
	formStart: form('form_start'),
	trackFormStart: form('form_start'),
	formAbandon: form('form_abandon'),
	trackFormAbandon: form('form_abandon'),
	formSubmit: form('form_submit'),
	page: () => turn(),
	flush: send,
	identify,
	ids: () => ({ visitorId: visitor, sessionId: own, pageId: page }),
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

const stub = win.footfall
let waiting: Call[] = stub && stub.q || []
let seen = false

const run = (call: Call) => {
	const [name, ...rest] = Array.from(call)
	return safe(api[name])(...rest)
}

/** Calls that set something are carried out at once, others when the page has been seen. */
const sets = (call: Call) => /^(consent|identify|before|ids)$/.test(call[0])

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
		sets(call) || run(call)
	})
	replay.at = 0
}

const install = () => {
	for (const name in api) (take as any)[name] = (...call: unknown[]) => take(name, ...call)
	win.footfall = Object.assign(take, {
		before: stub && stub.before,
		q: { push: (call: Call) => take(...Array.from(call)) }, // whoever still has the stub
	})
	agree(get('c') || conf.consent)
	waiting.filter(sets).forEach(run)

	watchScrolling()
	watchListings()
	watchClicks()
	watchForms()
	on(doc, 'visibilitychange', () => {
		if (!seen) return see()
		watch()
		doc.hidden ? leave() : send()
	})
	on(win, 'focus blur', watch)
	on(win, 'pointerdown pointermove keydown wheel touchmove scroll', () => {
		clock.input = performance.now()
		clock.on || watch()
	})
	on(win, 'popstate', route)
	for (const name of ['pushState', 'replaceState'] as const) {
		const original = history[name]
		history[name] = function (this: History) {
			const result = original.apply(this, arguments as any)
			safe(route)()
			return result
		}
	}
	on(win, 'pagehide', () => {
		end()
		leave()
	})
	on(win, 'pageshow', e => {
		e.persisted && seen && begin()
		send()
	})
	on(win, 'online', send)
	setInterval(safe(watch), 1e3)
	see(began)
}

if (!stub || !stub.ids) safe(install)()
