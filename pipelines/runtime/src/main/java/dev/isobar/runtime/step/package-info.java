/**
 * The five steps of a run: ingest, feature, train, deploy, monitor. Each reaches the world through the target's ports and does its effects through the journal, so
 * that doing it again after a death does nothing twice. The order of steps is the runtime's affair.
 */
@NullMarked
package dev.isobar.runtime.step;

import org.jspecify.annotations.NullMarked;
