/**
 * What runs in a training container before and after the trainer, since Vertex AI fills no local folders: inputs from the lake, results to it. It knows Cloud Storage
 * and nothing of Vertex AI's services; the trainer is a command to it.
 */
@NullMarked
package dev.isobar.gcp.stager;

import org.jspecify.annotations.NullMarked;
