/**
 * The lake in Cloud Storage: whole objects, written under conditions on their generation, with checksums on every way. Other services and other ports may not come
 * in.
 */
@NullMarked
package dev.isobar.gcp.storage;

import org.jspecify.annotations.NullMarked;
