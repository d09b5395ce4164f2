// Who it is: consent, and the ids of visitor and session. They stand in localStorage while consent is granted, and in
// memory otherwise, or where storage throws.

import { conf, now, safe } from './page'

/** What the site or the visitor said: granted, anonymous or denied; undefined: nothing, the server's default counts. */
export let consent: string | undefined

let memory: Record<string, string> = {}

/** Whether nothing may be told here: on other domains, and where the site's own people have said that it is them. */
const off = conf.domains && !conf.domains.split(/[\s,]+/).includes(location.hostname) || safe(() => {
	const choice = /ff_ignore=([01])/.exec(location.search)
	if (choice) localStorage.ff_ignore = choice[1]
	return localStorage.ff_ignore > 0
})()

/** What a wish for consent comes to. */
export const allowed = (wish?: string) =>
	off ? 'denied' : (navigator as any).globalPrivacyControl && wish != 'denied' ? 'anonymous' : wish

const stored = () => !consent || consent == 'granted'

export const get = (key: string): string => safe(() => stored() && localStorage['ff_' + key])() || memory[key] || ''

export const put = (key: string, value: string) => {
	memory[key] = value
	safe(() => { if (stored()) localStorage['ff_' + key] = value })()
}

/** Changes the consent. Ids are not carried over, and less of it wipes what was stored. */
export const agree = (wish?: string) => {
	const before = consent || 'granted'
	consent = allowed(wish)
	if ((consent || 'granted') == before) return
	memory = {}
	safe(() => stored() || [...'vsqc'].map(key => delete localStorage['ff_' + key]))()
}

export const uid = () => Math.random().toString(36).slice(2) + now()

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
