/**
 * Online state: a log-structured file per namespace, written by one owner and tailed by any number of reading processes.
 * Fencing, compare-and-set, compaction and erasure live here.
 * The state's format is its owner's business and does not come in.
 */
@NullMarked
package dev.isobar.local.online;

import org.jspecify.annotations.NullMarked;
