/**
 * What adapters do alike around a cloud's managed jobs, registries and endpoints: names, records, the pace of questions, requests under way. No service and no client may
 * come in here.
 */
@NullMarked
package dev.isobar.platform.managed;

import org.jspecify.annotations.NullMarked;
