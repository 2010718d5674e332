/**
 * Security Token Service, as far as a role is assumed. What other services allow may not come in.
 */
@NullMarked
package dev.isobar.emulator.aws.sts;

import org.jspecify.annotations.NullMarked;
