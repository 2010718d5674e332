package dev.isobar.features;

/**
 * What became of a copy of an event that the kernel was given. None of them is an error; all of them are counted by the caller.
 *
 * @since 0.1
 */
public enum Admission {
    /** A new event; it counts from its available time on. */
    ADMITTED,
    /** A copy of an event that is there already. The earliest available time of all copies counts. */
    DUPLICATE,
    /** {@code available − event time} is beyond the stream's allowed lateness; belongs into the side output. */
    LATE,
    /** Another event has this id and goes before it: this copy is the dead letter {@code CONFLICTING_PAYLOAD}. */
    CONFLICT_REJECTED,
    /** This copy goes before the event that held its id until now and took its place: the <em>earlier arrived</em> one is the dead letter. */
    CONFLICT_REPLACED,
    /** Older than anything that may still be asked (a redelivery after its state was freed); nothing was kept. */
    EXPIRED
}
