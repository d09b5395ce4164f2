// Who it is: consent, and the ids of visitor and session. They stand in localStorage while consent is granted, and in
// memory otherwise, or where storage throws.

import { conf, now } from './page'

const IDLE = 18e5 // ms, after which a session is over

/** What the site or the visitor said: granted, anonymous or denied; undefined: nothing, the server's default counts. */
export let consent: string | undefined

/** Undefined unless ids are stored. */
export let visitor: string | undefined

/** A session of a visitor whom we knew before has begun, and nobody has told yet. */
export const came = { back: false }

let memory: Record<string, string> = {}
let off = conf.domains && !conf.domains.split(/[\s,]+/).includes(location.hostname)

try {
	const choice = /[?&]ff_ignore=([01])/.exec(location.search)
	choice && localStorage.setItem('ff_ignore', choice[1])
	off = off || localStorage.getItem('ff_ignore') == '1'
} catch {}

/** What a wish for consent comes to. */
export const allowed = (wish?: string) =>
	off ? 'denied' : (navigator as any).globalPrivacyControl && wish != 'denied' ? 'anonymous' : wish

const stored = () => !consent || consent == 'granted'

export const get = (key: string) => {
	try {
		return stored() && localStorage.getItem('ff_' + key) || memory[key] || ''
	} catch {
		return memory[key] || ''
	}
}

export const put = (key: string, value: string) => {
	memory[key] = value
	try {
		stored() && localStorage.setItem('ff_' + key, value)
	} catch {}
}

export const uid = () => now().toString(36) + Math.random().toString(36).slice(2)

/** Changes the consent. Ids are not carried over, and less of it wipes what was stored. Returns whether it changed. */
export const agree = (wish?: string) => {
	const before = consent || 'granted'
	consent = allowed(wish)
	if ((consent || 'granted') == before) return false
	memory = {}
	visitor = undefined
	try {
		stored() || ['v', 's', 'q', 'c'].forEach(key => localStorage.removeItem('ff_' + key))
	} catch {}
	return true
}

export const identify = (id: unknown) => {
	if (stored()) put('v', visitor = '' + id)
}

/** Returns the session that is going on in any tab, or a new one, and keeps it from becoming idle. */
export const session = () => {
	let [id, last] = get('s').split('.')
	if (!id || now() - +last > IDLE) {
		id = uid()
		came.back = !!get('v')
	}
	put('s', id + '.' + now())
	if (stored() && !visitor) put('v', visitor = get('v') || uid())
	return id
}
