// The way to the server. An event leaves the queue only when the answer to a fetch says that it was taken, or that it
// never will be. Beacons, whose answers nobody sees, are sent besides when the page goes away; what has no answer by
// then is stored, if it may be, and the next page sends it again. The server counts an event's id once.

import { at, conf, log, now, safe } from './page'
import { get, put } from './ids'

const EVENTS = conf.beacon || 'v1/events'

// Events as JSON, each beginning {"ts":… with 13 digits. Equal texts are the same event.
let queue: string[] = []
let gone: string[] // the queue when the page last went away
let timer = 0
let busy = false
let alone = false // until the timer ends: the server wants it so
let wait = 0 // ms, grows with each try that fails; 0: the last one went well

const size = (text: string) => new Blob([text]).size

const pack = (list: string[]) => `{"sentAt":${now()},"webdriver":${!!navigator.webdriver},"events":[${list}]}`

const saved = (): string[] => safe(() => JSON.parse(get('q')))() || []

/** Whether an event is not older than 23 h: the server knows ids for 24. */
const young = (event: string) => !(now() - +event.slice(6, 19) > 828e5)

const save = (list: string[]) => put('q', JSON.stringify([...new Set(list)].filter(young).slice(-500)))

const keep = () => save(saved().concat(queue))

/** Posts text. Comes to false if it need not be sent again, else to the ms that the server wants to be left alone. */
const post = async (path: string, text: string) => {
	try {
		const r = await fetch(at(path), { method: 'POST', body: text, keepalive: !text[5e4], credentials: 'omit' })
		log(await r.text()) // why events were rejected
		return (r.status > 499 || r.status == 429) && (+r.headers.get('Retry-After')! * 1e3 || 1)
	} catch {
		return 1
	}
}

const soon = () => {
	wait || (queue[19] ? send() : timer ||= setTimeout(send, 2e3))
}

export const push = (event: string) => {
	queue = [...queue, event].slice(-500)
	soon()
}

export const send = async () => {
	if (alone) return
	clearTimeout(timer)
	timer = 0
	if (busy) return
	queue = queue.filter(young)
	let batch = queue
	while (batch[1] && size(pack(batch)) > 45e3) batch = batch.slice(0, batch.length / 2)
	if (!batch[0]) return
	busy = true
	const least = await post(EVENTS, pack(batch))
	const rest = (event: string) => !batch.includes(event)
	busy = false
	if (least) {
		// Twice as long each time, from 3 s to 5 min, and not all browsers at once.
		wait = Math.max(least, Math.min((wait * 2 || 3e3) * (1 + Math.random() / 2), 3e5))
		alone = least > 1
		clearTimeout(timer) // one for what was pushed meanwhile
		timer = setTimeout(() => {
			alone = false
			send()
		}, wait)
		keep()
	} else {
		wait = 0
		queue = queue.filter(rest)
		save(saved().filter(rest))
		soon()
	}
}

/** Sends a lead form until the server has it, or the page is gone. */
export const lead = async (text: string) => {
	const least = await post('v1/leads', text)
	least && setTimeout(lead, least + 5e3, text)
}

/** Sends events by beacon, in pieces. If the browser does not take one, it may take its halves. */
const ship = (list: string[], half?: boolean) => {
	const large = size(pack(list)) > 15e3
	if ((large || !safe(() => navigator.sendBeacon(at(EVENTS), pack(list)))() && !half) && list[1]) {
		ship(list.slice(0, list.length / 2), !large)
		ship(list.slice(list.length / 2), !large)
	}
}

/** Sends what may be lost when the page goes away. */
export const leave = () => {
	if (queue == gone) return // hidden and left at once
	keep()
	gone = queue
	gone[0] && ship(gone)
}

/** Takes on what pages before left behind. */
export const start = () => {
	queue = saved().concat(queue)
	soon()
}

export const drop = () => {
	queue = []
}
