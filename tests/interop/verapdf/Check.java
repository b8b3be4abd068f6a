import java.io.FileInputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Arguments: flavours joined by a comma (ua1,2a) and a file, in turn. Prints one line per failed rule and one per check. */
public class Check {
    public static void main(String[] given) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int n = 0; n < given.length; n += 2) {
            for (String name : given[n].split(",")) {
                check(given[n + 1], PDFAFlavour.fromString(name));
            }
        }
    }

    private static void check(String file, PDFAFlavour flavour) throws Exception {
        Map<String, String> failed = new LinkedHashMap<>();
        int checks;
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            checks = result.getTotalAssertions();
            for (TestAssertion one : result.getTestAssertions()) {
                if (one.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber();
                    failed.putIfAbsent(rule, one.getLocation().getContext() + "\t" + one.getMessage().replaceAll("\\s+", " "));
                }
            }
        }
        for (Map.Entry<String, String> one : failed.entrySet()) {
            System.out.println(file + "\t" + flavour.getId() + "\t" + one.getKey() + "\t" + one.getValue());
        }
        System.out.println(file + "\t" + flavour.getId() + "\tdone\t" + checks);
    }
}
