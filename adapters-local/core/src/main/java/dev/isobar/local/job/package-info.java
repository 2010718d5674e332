/**
 * The port {@link dev.isobar.port.TrainingJobs} on one machine: a folder in the shape of a training container and a process that outlives its
 * starter. What a trainer does with its folders does not come in.
 */
@NullMarked
package dev.isobar.local.job;

import org.jspecify.annotations.NullMarked;
