/** Promises of the table of commits. */
@NullMarked
package dev.isobar.aws.lease;

import org.jspecify.annotations.NullMarked;
