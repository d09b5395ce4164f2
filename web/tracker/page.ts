// What surrounds the tracker: its script tag with the site's settings, and a fence around everything that the page calls.

export const win: any = window
export const doc = document

const tag = (doc.currentScript || doc.querySelector('script[data-key]')) as HTMLScriptElement

/** The data attributes of the script tag. */
export const conf = tag.dataset

export const now = Date.now

const debug = conf.debug != null || /ff_debug/.test(location.search)

export const log = (what: unknown) => debug && console.log('ff', what)

/** Makes a function that never throws: whatever is wrong with us is not the page's business. */
export const safe = <A extends unknown[], R>(f: (...a: A) => R) => (...a: A): R | undefined => {
	try {
		return f(...a)
	} catch (e) {
		log(e)
	}
}

/** Listens before the page does. */
export const on = (types: string, f: (e: any) => unknown) =>
	types.split(' ').map(type => win.addEventListener(type, safe(f), true))

/** Whether a list such as "/admin/*, /account" names a text. */
export const names = (list = '', text: string) =>
	RegExp('^(' + list.replace(/\*/g, '.*').replace(/, */g, '|') + ')$').test(text)

/** The address of a path of the server. It is relative to the script, so that a proxy may put both below a prefix. */
export const at = (path: string) => new URL(path + '?k=' + conf.key, tag.src)
