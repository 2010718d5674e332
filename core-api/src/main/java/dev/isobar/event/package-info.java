/**
 * What travels: the event envelope with both clocks, schemas, flat rows and their canonical bytes. No I/O, no wall clock, no
 * knowledge of pipelines or adapters.
 */
@NullMarked
package dev.isobar.event;

import org.jspecify.annotations.NullMarked;
