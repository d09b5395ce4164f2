// What surrounds the tracker: its script tag with the site's settings, and a fence around everything that the page calls.

const tag = (document.currentScript || document.querySelector('script[data-key]')) as HTMLScriptElement

/** The data attributes of the script tag. */
export const conf = tag.dataset

export const win: any = window
export const doc = document
export const now = Date.now

const debug = conf.debug != null || /[?&]ff_debug=1/.test(location.search)

export const log = (...what: unknown[]) => {
	debug && console.log('footfall', ...what)
}

/** Makes a function that never throws: whatever is wrong with us is not the page's business. */
export const safe = <A extends unknown[], R>(f: (...a: A) => R) => (...a: A): R | undefined => {
	try {
		return f(...a)
	} catch (e) {
		log(e)
	}
}

/** Listens before the page does, without holding it up. */
export const on = (target: EventTarget, types: string, f: (e: any) => unknown) =>
	types.split(' ').forEach(type => target.addEventListener(type, safe(f), { capture: true, passive: true }))

/** Runs f 250 ms after the first call of soon; now runs it at once if it waits, run in any case. */
export const throttle = (f: () => void) => {
	let timer = 0
	const run = safe(() => {
		clearTimeout(timer)
		timer = 0
		f()
	})
	return { run, soon: () => { timer = timer || setTimeout(run, 250) }, now: () => { timer && run() } }
}

/** The address of a path of the server. It is relative to the script, so that a proxy may put both below a prefix. */
export const at = (path: string) => new URL(path + '?k=' + conf.key, tag.src).href
