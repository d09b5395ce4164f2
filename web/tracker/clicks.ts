// Clicks that mean something: on what the page has marked, on telephone numbers and addresses, on links to elsewhere.

import { emit } from './view'
import { listing, PROPERTY } from './listing'

/** Queues an event that is about a listing: the one that the data name, or the one that is looked at. */
export const tell = (type: string, data: any = {}, id = data.propertyId || listing) => emit(type, { propertyId: id, eventData: data })

export const clicked = (e: MouseEvent) => {
	const find = (selector: string): any => (e.target as Element).closest(selector)
	if (e.button > 1 || find('[data-ff-ignore]')) return
	const id = find(PROPERTY)?.dataset.ffProperty
	const interaction = find('[data-ff-interaction]')
	if (interaction) tell('property_interaction', { interactionType: interaction.dataset.ffInteraction }, id)
	const marked = find('[data-ff-event]')
	if (marked) {
		const data: Record<string, string> = {}
		for (const { name, value } of marked.attributes) {
			const key = name.split('data-ff-prop-')[1]
			if (key) data[key] = value
		}
		tell(marked.dataset.ffEvent, data, id)
	}
	const link = find('a[href]')
	if (link) {
		const method = /^(tel|sms|mailto):/.exec(link.href)
		if (method) tell('contact_click', { method: method[1] }, id)
		else if (/^http/.test(link.href) && link.host != location.host) tell('outbound_click', { url: link.origin + link.pathname }, id)
	}
}
