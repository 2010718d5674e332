/**
 * Vertex AI on this machine: custom jobs, models and endpoints over the service's own gRPC, run as processes that the image table names. Nothing of Isobar's
 * adapter may come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.vertex;

import org.jspecify.annotations.NullMarked;
