/**
 * The training entry point: reads local folders, trains, and writes a model with its metrics into another folder.
 * It is told what to do by a workload descriptor and knows no cloud, no adapter and not even core-api.
 * What fills the folders and takes the model away is somebody else's job.
 */
@NullMarked
package dev.isobar.trainer;

import org.jspecify.annotations.NullMarked;
