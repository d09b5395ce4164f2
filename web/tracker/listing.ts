// Which listing is looked at: the newest root with data-ff-property, else what the address or schema.org's data name.

import { conf, doc, safe, throttle } from './page'
import { emit, hooks } from './view'

export const PROPERTY = '[data-ff-property]'
const CARD = 'a,button,li,[class*="card" i]'

/** The listing that is looked at, undefined if none is. */
export let listing: string | undefined

let present: string[] = []
let settling = 0

export const show = (id?: string) => {
	if (id != listing) {
		listing = id
		emit('property_view', { propertyId: id })
	}
}

/** Whether an element is about the page's or a dialog's one listing, and not a card or link that leads to another. */
const isRoot = (e: HTMLElement) => {
	const around = e.parentElement
	return !e.matches(CARD) && !(around && (around.matches(CARD) || around.closest('a,button,li,' + PROPERTY))) && e.getClientRects()[0]
}

let text: string
let known: string | undefined

/** The id of the one listing that schema.org's data describe. */
const schema = () => {
	const all = [...doc.querySelectorAll('[type="application/ld+json"]')].map(e => e.textContent).join()
	if (all != text) {
		text = all
		known = undefined
		const [one, another] = [].concat(...JSON.parse(`[${all}]`).map((o: any) => o['@graph'] || o))
			.filter(o => /RealEstateListing|House|Residence|Apartment/.test(o['@type'])) as any[]
		if (one && !another) known = '' + ((one.identifier || one).value || one.identifier || one['@id'] || one.url)
	}
	return known
}

const look = throttle(() => {
	let seen = [...doc.querySelectorAll<HTMLElement>(PROPERTY)].filter(isRoot).map(e => e.dataset.ffProperty!)
	if (seen[2]) seen = [] // a list, whatever it is made of
	if (!seen[0]) {
		const match = new RegExp(conf.propertyPattern || '^()').exec(location.pathname)!
		const id = match && match[1] || safe(schema)()
		if (id) seen = [id]
	}
	seen.forEach(id => present.includes(id) || show(id))
	if (present.includes(listing!) && !seen.includes(listing!)) show(seen[seen.length - 1])
	present = seen
})

export const watchListings = () => {
	hooks.end.push(look.now)
	hooks.begin.push(route => {
		listing = undefined
		clearTimeout(settling)
		if (route) {
			// What the route before showed is still there. It is this one's if it stays.
			settling = setTimeout(safe(() => {
				present = []
				look.run()
			}), 1e3)
		} else {
			present = []
		}
		look.run()
	})
	new MutationObserver(look.soon).observe(doc, {
		subtree: true, childList: true, attributeFilter: ['data-ff-property', 'class', 'style', 'hidden', 'open'],
	})
}
