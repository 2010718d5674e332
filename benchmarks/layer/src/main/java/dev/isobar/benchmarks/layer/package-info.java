/**
 * What a cloud's adapter costs over a loop on that cloud's own client: both in one process and in turn, the cloud in another process. What is sent, what is measured,
 * what must be the same. No cloud and no judgement of the figures may come in here.
 */
@NullMarked
package dev.isobar.benchmarks.layer;

import org.jspecify.annotations.NullMarked;
