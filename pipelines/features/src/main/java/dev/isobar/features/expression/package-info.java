/**
 * Expression trees compiled to typed nodes over rows. Three-valued and without allocation; state and windows may not come in.
 */
@NullMarked
package dev.isobar.features.expression;

import org.jspecify.annotations.NullMarked;
