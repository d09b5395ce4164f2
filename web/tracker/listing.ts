// Which listing is looked at: the newest root with data-ff-property, else what the address or schema.org's data name.

import { conf, doc, safe } from './page'
import { emit, soon } from './view'

const PROPERTY = '[data-ff-property]'

/** What leads to a listing, or is a part of another listing's page, and is not the listing's own page or dialog. */
const CARD = 'a,button,li,[class*=card i],' + PROPERTY + ' ' + PROPERTY

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

/** The identifier that schema.org's data give, if they describe one listing. */
const schema = () => {
	const data = [...doc.querySelectorAll('[type$="ld+json"]')].map(e => e.textContent).join()
	const [, id, , another] = data.split(/"identifier"\s*:\s*(?:{[^}]*"value"\s*:\s*)?"?([\w.-]+)/)
	return /RealEstateListing/.test(data) && !another && id
}

export const find = safe(() => {
	if (doc.readyState[0] == 'l') return soon() // it is loading: what comes may make a list of it
	let seen = [...doc.querySelectorAll<HTMLElement>(PROPERTY)].filter(e => !e.closest(CARD) && e.getClientRects()[0]).map(e => e.dataset.ffProperty!)
	if (seen[2]) seen = [] // a list, whatever it is made of
	if (!seen[0]) {
		const id = RegExp(conf.propertyPattern || '^()').exec(location.pathname)?.[1] || schema()
		if (id) seen = [id]
	}
	seen.forEach(id => present.includes(id) || show(id))
	if (present.includes(listing!) && !seen.includes(listing!)) show(seen[seen.length - 1])
	present = seen
})

const again = () => {
	present = []
	find()
}

/** Begins with a view. */
export const anew = (route?: boolean) => {
	listing = undefined
	clearTimeout(settling)
	if (route) {
		// What the route before showed is still there. It is this one's if it stays.
		find()
		settling = setTimeout(again, 1e3)
	} else again()
}
