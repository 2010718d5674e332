package dev.isobar.local.endpoint;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.EndpointsSuite;
import dev.isobar.local.LocalAdapter;
import dev.isobar.local.TestHome;
import dev.isobar.port.Endpoints;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalEndpointsTest extends EndpointsSuite {
    @RegisterExtension
    final TestHome home = new TestHome();

    @Override
    protected Endpoints endpoints() {
        return home.session().endpoints();
    }

    @Override
    protected CapabilityReport capabilities() {
        return new LocalAdapter().capabilities();
    }
}
