/**
 * What the suites found, for people: a file for every suite that ran, and the capability matrix made of such files. Suites live in the package above; they know
 * nothing of reports but the entry that they publish.
 */
@NullMarked
package dev.isobar.conformance.report;

import org.jspecify.annotations.NullMarked;
