/**
 * Metrics as Prometheus text files, one per process, merged when read.
 * Publishing, merging and the exposition format live here.
 * What a metric means does not come in.
 */
@NullMarked
package dev.isobar.local.metrics;

import org.jspecify.annotations.NullMarked;
