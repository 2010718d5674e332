/**
 * What commands answer, as records whose JSON is a published contract ({@code docs/schema/}): snake_case names, no NaN, times in ISO-8601. No
 * behaviour may come in here.
 */
@NullMarked
package dev.isobar.runtime.result;

import org.jspecify.annotations.NullMarked;
