// Clicks that mean something: on what the page has marked, on telephone numbers and addresses, on links to elsewhere.

import { emit } from './view'
import { listing } from './listing'

/** Queues an event that is about a listing: the one that the data name, or the one that is looked at. */
export const tell = (type: string, data: any = {}, id = data.propertyId || listing) => emit(type, { propertyId: id, eventData: data })

export const clicked = ({ target, button }: MouseEvent) => {
	if (button > 1) return
	const near = (selector: string): any => (target as Element).closest(selector)
	const id = near('[data-ff-property]')?.dataset.ffProperty
	const interactionType = near('[data-ff-interaction]')?.dataset.ffInteraction
	if (interactionType) tell('property_interaction', { interactionType }, id)
	const marked = near('[data-ff-event]')
	if (marked) {
		const data: Record<string, string> = {}
		for (const { name, value } of marked.attributes) {
			const key = name.split('data-ff-prop-')[1]
			if (key) data[key] = value
		}
		tell(marked.dataset.ffEvent, data, id)
	}
	const link = near('a[href]')
	if (link) {
		const method = /^(tel|sms|mailto):/.exec(link.href)?.[1]
		if (method) tell('contact_click', { method }, id)
		else if (link.host && link.host != location.host) tell('outbound_click', { url: link.origin + link.pathname }, id)
	}
}
