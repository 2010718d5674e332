/**
 * What breaks between an adapter and its service, for an adapter's own tests of faults: it knows bytes only. No protocol and no suite may come in here.
 */
@NullMarked
package dev.isobar.conformance.fault;

import org.jspecify.annotations.NullMarked;
