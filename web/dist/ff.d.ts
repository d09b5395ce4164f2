// Types of window.footfall, for pages written in TypeScript. docs/tracker.md tells what the calls mean.

/** An event as it goes to the server, before it is queued. */
export interface FootfallEvent {
	eventType: string
	eventId: string
	pageId: string
	sessionId: string
	visitorId?: string
	profileId?: string
	propertyId?: string
	consent?: 'granted' | 'anonymous'
	deviceType?: 'tablet'
	/** Engaged seconds since the view began. */
	durationSeconds: number
	scrollPercentage?: number
	url?: string
	referrerUrl?: string
	eventData?: Record<string, unknown>
	/** Client clock, ms since 1970; only if the hook sets it. */
	ts?: number
}

export interface FootfallIds {
	/** Undefined unless consent is granted. */
	visitorId?: string
	sessionId: string
	pageId: string
}

export interface FootfallCalls {
	/** Tells of an event of your own, or of a standard one such as property_save. A propertyId in data names its listing. */
	track(type: string, data?: Record<string, unknown>): void
	track(event: { eventType: string, eventData?: Record<string, unknown>, propertyId?: string }): void
	/** The listing that is looked at now; without an id none is. */
	property(id?: string): void
	/** What was done with the listing that is looked at, or with the one that is named first. */
	interaction(type: string): void
	interaction(propertyId: string, type: string): void
	formStart(formType: string, fieldsCompleted?: string[]): void
	formAbandon(formType: string, fieldsCompleted?: string[]): void
	formSubmit(formType: string, fieldsCompleted?: string[]): void
	/** Your own id of the visitor. It has no effect without consent. */
	identify(id: string): void
	consent(to: 'granted' | 'anonymous' | 'denied'): void
	/** Begins a new view although the path is the same. */
	page(): void
	/** Sends what is queued. */
	flush(): Promise<void>
	ids(): FootfallIds
	/** Sees each event first: it may edit it, return another, or drop it by returning null or false. */
	before(hook: (event: FootfallEvent) => FootfallEvent | null | false | void): void

	trackPropertyView(id: string): void
	trackPropertyInteraction(propertyId: string, type: string): void
	trackFormStart(formType: string, fieldsCompleted?: string[]): void
	trackFormAbandon(formType: string, fieldsCompleted?: string[]): void
}

export type Footfall = Omit<FootfallCalls, 'before'> & {
	<K extends keyof FootfallCalls>(call: K, ...args: Parameters<FootfallCalls[K]>): void
	/** The hook that is in force. */
	before?: Parameters<FootfallCalls['before']>[0]
}

declare global {
	interface Window {
		footfall: Footfall
	}
	var footfall: Footfall
}
