/**
 * Judges of an online store that the suite has no way to provoke: adapters bring a client that interleaves, tears and fails as its service may, and run them over
 * it. Nothing of a service may come in here.
 */
@NullMarked
package dev.isobar.conformance.online;

import org.jspecify.annotations.NullMarked;
