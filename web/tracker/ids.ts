// Who it is: consent, and the ids of visitor and session. They stand in localStorage while consent is granted, and in
// memory otherwise, or where storage throws.

import { conf, names, now, safe } from './page'

/** The consent in force: granted, anonymous or denied. */
export let consent = 'granted'

/** Whether anybody said so. If not, events do not name it, and the site's default on the server counts. */
let said: unknown

let memory: Record<string, string> = {}

/** Whether nothing may be told here: on other domains, and where the site's own people have said that it is them. */
const off = conf.domains && !names(conf.domains, location.hostname) || safe(() => {
	const choice = /ff_ignore=(.)/.exec(location.search)
	if (choice) localStorage.ff_ignore = choice[1]
	return localStorage.ff_ignore > 0
})()

const gpc = (navigator as any).globalPrivacyControl

/** What a wish for consent comes to. One that nobody understands is no consent to store anything. */
export const allowed = (wish = 'granted') => off || wish == 'denied' ? 'denied' : gpc || wish != 'granted' ? 'anonymous' : wish

const stored = () => consent == 'granted'

/** The consent that events name. */
export const named = () => said && consent

export const get = (key: string): string => safe(() => stored() && localStorage['ff_' + key])() || memory[key] || ''

export const put = (key: string, value: string) => {
	memory[key] = value
	safe(() => { if (stored()) localStorage['ff_' + key] = value })()
}

/** Changes the consent. Ids are not carried over, and less of it wipes what was stored. */
export const agree = (wish?: string) => {
	const before = consent
	said = wish || gpc
	consent = allowed(wish)
	if (consent == before) return
	memory = {}
	safe(() => stored() || [...'vsqc'].map(key => delete localStorage['ff_' + key]))()
}

export const uid = () => ('' + Math.random()).slice(2) + now()

/** The visitor's id, undefined unless it may be stored. */
export const visitor = () => stored() && get('v') || undefined

export const identify = (id: unknown) => put('v', '' + id)

/** The session that goes on in any tab, '' if none has told anything for 30 minutes. */
export const session = () => {
	const [id, last] = get('s').split('.')
	return now() - +last < 18e5 ? id : ''
}

/** Lets a session go on from now. */
export const touch = (id: string) => put('s', id + '.' + now())
