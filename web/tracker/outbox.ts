// The way to the server. An event leaves the queue only when the answer to a fetch says that it was taken, or that it
// never will be. Beacons, whose answers nobody sees, are sent besides when the page goes away; what has no answer by
// then is stored, if it may be, and the next page sends it again. The server counts an event's id once.

import { at, conf, log, now, safe } from './page'
import { get, put } from './ids'

const EVENTS = conf.beacon || 'v1/events'

// Events as JSON, each beginning {"ts":… with 13 digits. Equal texts are the same event.
let queue: string[] = []
const gone = new Set<string>() // sent by beacon
let timer = 0
let busy = false
let open = false // nothing is sent before somebody has seen the page
let wait = 0 // ms, grows with each try that fails; 0: the last one went well

const size = (text: string) => new Blob([text]).size

/** The first events of a list that together have fewer bytes than max, at least one. */
const fit = (list: string[], max: number) => {
	let n = 0
	for (let bytes = 0; n < list.length && ((bytes += size(list[n])) < max || !n);) n++
	return list.slice(0, n)
}

const pack = (list: string[]) => `{"sentAt":${now()},"events":[${list}]}`

const saved = (): string[] => {
	try {
		return JSON.parse(get('q'))
	} catch {
		return []
	}
}

const save = (list: string[]) => put('q', JSON.stringify([...new Set(list)].slice(-500)))

/** Posts text. Resolves to 0 if it need not be sent again, else to the ms that the server wants to be left alone. */
const post = (path: string, text: string) =>
	new Promise<Response>(done =>
		done(fetch(at(path), { method: 'POST', body: text, keepalive: size(text) < 5e4, credentials: 'omit' }))
	).then(r => {
		r.status == 204 || r.text().then(text => log(r.status, text))
		return r.status > 499 || r.status == 429 ? +r.headers.get('Retry-After')! * 1e3 || 1 : 0
	}, () => 1)

/** The ms until another try: twice the last ones and some jitter, from 3 s to 5 min, but at least so many. */
const pause = (last: number, least: number) => Math.max(least, Math.min((last * 2 || 3e3) * (1 + Math.random() / 2), 3e5))

const soon = () => {
	if (!wait) queue[19] ? send() : timer = timer || setTimeout(send, 2e3)
}

export const push = (event: string) => {
	queue.push(event)
	queue = queue.slice(-500)
	soon()
}

export const send = safe(() => {
	if (busy || !open) return
	clearTimeout(timer)
	timer = 0
	queue = queue.filter(event => !(now() - +event.slice(6, 19) > 828e5)) // 23 h; the server knows ids for 24
	const batch = fit(queue, 45e3)
	if (!batch[0]) return
	busy = true
	post(EVENTS, pack(batch)).then(safe(least => {
		busy = false
		if (least) {
			timer = setTimeout(send, wait = pause(wait, least))
			save(saved().concat(queue))
		} else {
			const rest = (event: string) => !batch.includes(event)
			wait = 0
			gone.clear()
			queue = queue.filter(rest)
			saved()[0] && save(saved().filter(rest))
			queue[0] && soon()
		}
	}))
})

/** Sends a lead form until the server has it, or the page is gone. */
export const lead = safe((text: string, wait: number) => {
	post('v1/leads', text).then(least => least && setTimeout(lead, wait = pause(wait, least), text, wait))
})

const beacon = (list: string[]) => {
	try {
		return navigator.sendBeacon(at(EVENTS), pack(list))
	} catch {}
}

/** Sends what may be lost when the page goes away. */
export const leave = () => {
	if (!open) return
	save(saved().concat(queue))
	for (let rest = queue.filter(event => !gone.has(event)), piece; rest[0]; rest = rest.slice(piece.length)) {
		piece = fit(rest, 15e3)
		piece.forEach(event => gone.add(event))
		if (!beacon(piece) && piece[1]) {
			const half = piece.length >> 1
			beacon(piece.slice(0, half))
			beacon(piece.slice(half))
		}
	}
}

/** Lets events out, those first that pages before left behind. */
export const start = () => {
	open = true
	queue = saved().concat(queue)
	queue[0] && soon()
}

export const drop = () => {
	queue = []
}
