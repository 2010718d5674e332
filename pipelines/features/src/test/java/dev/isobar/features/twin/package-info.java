/**
 * The judge of the feature kernel: a twin that is plain, slow and obviously right, and the generated histories both must agree on. The twin imports the
 * spec's records and {@code java.*}, nothing of the kernel and nothing of its arithmetic; only the judge itself touches both.
 */
@NullMarked
package dev.isobar.features.twin;

import org.jspecify.annotations.NullMarked;
