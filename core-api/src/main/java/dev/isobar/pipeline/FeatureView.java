package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Features that belong together: windows over the events of an entity, or values computed on demand from the request. Immutable: every
 * method returns a new view.
 *
 * <pre>{@code
 * var airport = FeatureView.named("airport").entity(airportCode)
 *     .feature("late_share", share(delay.greaterThan(15)).over(hours(1), hours(3)));
 * }</pre>
 *
 * @since 0.1
 */
public final class FeatureView implements FeatureUse {
    private final String name;
    private final @Nullable Entity entity;
    private final boolean onDemand;
    private final List<ViewSpec.FeatureSpec> features;

    private FeatureView(String name, @Nullable Entity entity, boolean onDemand, List<ViewSpec.FeatureSpec> features) {
        this.name = name;
        this.entity = entity;
        this.onDemand = onDemand;
        this.features = features;
    }

    /** A view of that name: {@code [a-z][a-z0-9_]*}. */
    public static FeatureView named(String name) {
        return new FeatureView(name, null, false, List.of());
    }

    /** Its windows are over this entity's events. */
    public FeatureView entity(Entity value) {
        return new FeatureView(name, value, onDemand, features);
    }

    /** Its features come from the request alone. */
    public FeatureView onDemand() {
        return new FeatureView(name, entity, true, features);
    }

    /** A feature: {@code name} is {@code [a-z][a-z0-9_]*}. */
    public FeatureView feature(String feature, Expr<?> expression) {
        return with(new ViewSpec.FeatureSpec(feature, expression.spec()));
    }

    /** A feature over one window; its name gets the window's length: {@code late_share_1h}. */
    public FeatureView feature(String feature, Aggregation.Windowed expression) {
        return with(new ViewSpec.FeatureSpec(feature + "_" + expression.suffix(), expression.spec()));
    }

    /** A feature per window: {@code late_share_1h}, {@code late_share_3h}. */
    public FeatureView feature(String feature, Aggregation.WindowSet expressions) {
        FeatureView view = this;
        for (Aggregation.Windowed w : expressions.windows()) {
            view = view.feature(feature, w);
        }
        return view;
    }

    /** The value of one of this view's features, for use in another view's expression. The view must be used in the same pipeline under its own name. */
    public NumberExpr<Double> value(String feature) {
        return new Node.Num<>(FieldType.FLOAT64, new ExprSpec.FeatureRef(name, feature));
    }

    /** This view looked up by other columns of the decision, in a role: {@code airport.of(destination).as("destination")}. */
    public Role of(Column<?>... key) {
        return new Role(this, name, Arrays.stream(key).toList());
    }

    /** Its name. */
    public String name() {
        return name;
    }

    @Nullable
    Entity entity() {
        return entity;
    }

    boolean isOnDemand() {
        return onDemand;
    }

    ViewSpec declaration() {
        return new ViewSpec(name, entity == null ? null : entity.name(), features);
    }

    @Override
    public Role asRole() {
        return new Role(this, name, null);
    }

    private FeatureView with(ViewSpec.FeatureSpec feature) {
        List<ViewSpec.FeatureSpec> all = new ArrayList<>(features);
        all.add(feature);
        return new FeatureView(name, entity, onDemand, List.copyOf(all));
    }

    /**
     * A view in a role. Immutable.
     *
     * @param key the decision's columns to look up by; null for those the entity is mapped to
     */
    public record Role(
            FeatureView view, String role, @Nullable List<Column<?>> key) implements FeatureUse {
        /** Names the role; its features are called {@code role.feature}. */
        public Role as(String name) {
            return new Role(view, name, key);
        }

        @Override
        public Role asRole() {
            return this;
        }
    }
}
