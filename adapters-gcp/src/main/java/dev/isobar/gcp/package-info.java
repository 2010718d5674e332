/**
 * The Google Cloud adapter: its declaration, its configuration and the wiring of its ports. Each service lives in a package of its own beside this one; nothing of
 * this package may be used there except what it hands out.
 */
@NullMarked
package dev.isobar.gcp;

import org.jspecify.annotations.NullMarked;
