package dev.isobar.gcp;

import dev.isobar.conformance.ModelRegistrySuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class VertexModelRegistryTest extends ModelRegistrySuite {
    @RegisterExtension
    static final EmulatedVertex EMULATED = new EmulatedVertex();

    @Override
    protected Platform platform() {
        return EMULATED.platform();
    }
}
