// Forms that ask for a way to reach somebody. Of what is typed only the names of fields are told, until the form is sent
// and only if the page wants a lead made of it.

import { conf } from './page'
import { named, uid, visitor } from './ids'
import { own, page } from './view'
import { listing } from './listing'
import { tell } from './clicks'
import { lead, leave } from './outbox'

const forms = new Map<HTMLFormElement, boolean>() // those that were begun in this view; true: sent

const isTracked = (form?: HTMLFormElement) =>
	form && !form.closest('[data-ff-ignore]') && (form.dataset.ffForm != null || form.querySelector('[type=email],[type=tel]'))

const nameOf = (field: any) => field.name || field.id

/** Whether a field may be spoken of. */
const isOpen = (field: any) =>
	nameOf(field) && !field.closest('[data-ff-ignore]') && /text|mail|tel|url|num|date|check|radio|select/.test(field.type) &&
	!/cc-|card|cv[cv]|iban|ssn/i.test(field.autocomplete + nameOf(field))

const filled = (form: HTMLFormElement): any[] => [...form.elements as any].filter(field =>
	isOpen(field) && (/check|radio/.test(field.type) ? field.checked : field.value.trim()))

/** What is told of a form. A field may be called "id", so the form's own properties are asked for as attributes. */
const about = (form: HTMLFormElement) => ({
	formType: form.dataset.ffForm || form.getAttribute('id'),
	fieldsCompleted: filled(form).map(nameOf),
})

export const typed = ({ target }: any) => {
	const form = target.form
	if (isTracked(form) && isOpen(target) && !forms.has(form)) {
		forms.set(form, false)
		tell('form_start', about(form))
	}
}

export const submitted = ({ target: form }: any) => {
	if (!isTracked(form) || !form.matches(':valid')) return
	forms.set(form, true)
	tell('form_submit', about(form))
	if (page && form.dataset.ffLead != null) {
		const formData: Record<string, string> = {}
		for (const field of filled(form)) {
			const name = nameOf(field)
			formData[name] = (name in formData ? formData[name] + ', ' : '') + field.value
		}
		lead(JSON.stringify({
			formData, consent: named(), listingId: listing, profileId: conf.profile, idempotency_key: uid(),
			sessionId: visitor() && own, // without consent the lead has no past
		}))
	}
	leave()
}

/** What becomes of forms when a view ends. */
export const abandon = () => {
	forms.forEach((sent, form) => sent || tell('form_abandon', about(form)))
	forms.clear()
}
