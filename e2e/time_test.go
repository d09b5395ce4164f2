package e2e

// steered replaces the page's clocks and timers by ones that also move when a test says so: advance(ms) lets time pass in
// seconds, sleep(ms) as when the machine is asleep and no timer fires. hide and show do what a change of tabs does, leave
// and enter what a change of windows does.
const steered = `(() => {
	let shift = 0, id = 1e6
	const timers = new Map, perf = performance.now.bind(performance), date = Date.now, every = setInterval, later = setTimeout
	performance.now = () => perf() + shift
	Date.now = () => date() + shift
	const add = (f, ms, again, args) => {
		timers.set(++id, { f, at: performance.now() + (ms || 0), again, args })
		return id
	}
	window.setTimeout = (f, ms, ...args) => add(f, ms, 0, args)
	window.setInterval = (f, ms, ...args) => add(f, ms, ms, args)
	window.clearTimeout = window.clearInterval = id => { timers.delete(id) }
	const fire = () => {
		for (const [id, t] of [...timers]) {
			if (t.at > performance.now() || !timers.has(id)) continue
			t.again ? t.at = performance.now() + t.again : timers.delete(id)
			t.f(...t.args)
		}
	}
	every(fire, 20)
	window.sleep = ms => { shift += ms }
	window.advance = ms => {
		for (; ms > 0; ms -= 1000) {
			shift += Math.min(ms, 1000)
			fire()
		}
	}
	// answers counts the requests whose answer the page has dealt with.
	const ask = fetch
	window.answers = 0
	window.fetch = (...args) => {
		const answer = ask(...args), count = () => later(() => answers++)
		answer.then(r => r.clone().text()).then(count, count)
		return answer
	}
	let hidden = false, focused = true
	Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden })
	Object.defineProperty(Document.prototype, 'visibilityState', { get: () => hidden ? 'hidden' : 'visible' })
	Document.prototype.hasFocus = () => focused
	const turn = to => { hidden = to; document.dispatchEvent(new Event('visibilitychange')) }
	window.hide = () => turn(true)
	window.show = () => turn(false)
	window.startHidden = () => { hidden = true }
	window.leave = () => { focused = false; dispatchEvent(new Event('blur')) }
	window.enter = () => { focused = true; dispatchEvent(new Event('focus')) }
	window.move = () => dispatchEvent(new Event('pointermove'))
	// work lets n seconds pass in which the visitor keeps moving.
	window.work = n => { while (n-- > 0) { move(); advance(1000) } }
})()`
