/**
 * One exception and one closed set of codes for everything that can go wrong anywhere in Isobar. Adapters translate their
 * SDK's errors into these codes in one table each; nothing provider-specific may come in here.
 */
@NullMarked
package dev.isobar.error;

import org.jspecify.annotations.NullMarked;
