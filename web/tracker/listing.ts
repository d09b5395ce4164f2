// Which listing is looked at: the newest root with data-ff-property, else what the address or schema.org's data name.

import { conf, doc, safe } from './page'
import { emit } from './view'

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
	return !e.matches(CARD) && !around?.matches(CARD) && !around?.closest('a,button,li,' + PROPERTY) && e.getClientRects()[0]
}

/** The identifier that schema.org's data give, if they describe one listing. */
const schema = () => {
	const data = [...doc.querySelectorAll('[type="application/ld+json"]')].map(e => e.textContent).join()
	const [, id, , another] = data.split(/"identifier"\s*:\s*(?:{[^}]*"value"\s*:\s*)?"?([\w.-]+)/)
	return /RealEstateListing/.test(data) && !another && id
}

export const look = () => {
	let seen = [...doc.querySelectorAll<HTMLElement>(PROPERTY)].filter(isRoot).map(e => e.dataset.ffProperty!)
	if (seen[2]) seen = [] // a list, whatever it is made of
	if (!seen[0]) {
		const id = RegExp(conf.propertyPattern || '^()').exec(location.pathname)?.[1] || schema()
		if (id) seen = [id]
	}
	seen.forEach(id => present.includes(id) || show(id))
	if (present.includes(listing!) && !seen.includes(listing!)) show(seen[seen.length - 1])
	present = seen
}

/** Begins with a view. */
export const anew = (route?: boolean) => {
	listing = undefined
	clearTimeout(settling)
	if (!route) present = []
	// What the route before showed is still there. It is this one's if it stays.
	else settling = setTimeout(safe(() => {
		present = []
		look()
	}), 1e3)
	look()
}

