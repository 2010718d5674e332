/** What the online store on Bigtable promises while requests fail, are torn apart and come from several at once. */
@NullMarked
package dev.isobar.gcp.bigtable;

import org.jspecify.annotations.NullMarked;
