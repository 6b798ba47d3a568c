use super::*;

fn said(text: &str, scope: Scope, truth: bool) -> Option<String> {
    let mut errors = Errors::new();
    check(text, scope, truth, &Path::new("e"), &mut errors);
    errors.into_vec().pop().map(|error| error.detail)
}

fn good(text: &str, scope: Scope, truth: bool) {
    assert_eq!(said(text, scope, truth), None, "{text}");
}

#[test]
fn conditions_on_requests() {
    for text in [
        "request.user == 'x' && 'a' in request.groups",
        "has(request.resourceAttributes) && request.resourceAttributes.verb in ['get', 'list']",
        "!has(request.resourceAttributes) || request.resourceAttributes.namespace.startsWith('kube-')",
        "request.extra['k'].exists(v, v == 'x')",
        "request.resourceAttributes.fieldSelector.requirements.all(r, r.key != 'a' || r.values.size() == 1)",
        "request.groups.filter(g, g.matches('^a')).size() > 0",
        "request.resourceAttributes.?labelSelector.rawSelector.orValue('') == ''",
        "true",
    ] {
        good(text, Scope::Request, true);
    }
}

#[test]
fn expressions_on_claims_and_users() {
    for text in [
        "claims.sub",
        "'prefix:' + claims.sub",
        "claims.roles.split(',')",
        "claims.?email.orValue('none')",
        "has(claims.groups) ? claims.groups : []",
        "claims['a.b']",
        "{'a': claims.b}",
        "claims.groups.map(g, 'x:' + g)",
    ] {
        good(text, Scope::Claims, false);
    }
    good("claims.exp - claims.nbf <= 86400", Scope::Claims, true);
    good("!user.username.startsWith('system:')", Scope::User, true);
    good(
        "user.groups.all(group, !group.startsWith('system:'))",
        Scope::User,
        true,
    );
}

#[test]
fn bad_syntax_has_its_place() {
    let why = said("claims.", Scope::Claims, false).unwrap();
    assert!(
        why.starts_with("compilation failed: ERROR: <input>:1:8: Syntax error: "),
        "{why}"
    );
    assert!(why.ends_with("\n | claims.\n | .......^"), "{why}");
    let why = said("claims.a ==\n  'x", Scope::Claims, true).unwrap();
    assert!(why.contains("ERROR: <input>:2:3: "), "{why}");
    for text in [
        "",
        " ",
        "(",
        "claims.a ||",
        "[1",
        "a b",
        "'x",
        "claims.a = 1",
        "{1:}",
    ] {
        let why = said(text, Scope::Claims, false).unwrap();
        assert!(
            why.starts_with("compilation failed: ERROR: <input>:"),
            "{text}: {why}"
        );
    }
}

#[test]
fn names_that_are_not_there_have_their_place() {
    assert_eq!(
        said("request.nope.namespace == 'x'", Scope::Request, true).unwrap(),
        "compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n \
         | request.nope.namespace == 'x'\n | .......^",
    );
    assert_eq!(
        said("true ||\n  request.user == name", Scope::Request, true).unwrap(),
        "compilation failed: ERROR: <input>:2:19: undeclared reference to 'name' (in container '')\n \
         |   request.user == name\n | ..................^",
    );
    for (text, scope) in [
        ("claims.a", Scope::User),
        ("user.name == 'x'", Scope::User),
        ("user.username.x", Scope::User),
        ("request.groups.size", Scope::Request),
        ("request.resourceAttributes.kind == 'x'", Scope::Request),
        ("request.groups.exists(g, h == 'x')", Scope::Request),
        ("object.spec == 1", Scope::Request),
    ] {
        assert!(said(text, scope, true).is_some(), "{text}");
    }
}

#[test]
fn a_condition_is_true_or_false() {
    for text in [
        "request.user",
        "'x'",
        "1",
        "request.groups",
        "request.extra['a']",
    ] {
        assert_eq!(
            said(text, Scope::Request, true).unwrap(),
            "must evaluate to bool",
            "{text}"
        );
    }
    // The value of a claim is known only when it runs, and that is not enough.
    assert_eq!(
        said("claims.admin", Scope::Claims, true).unwrap(),
        "must evaluate to bool"
    );
    good("claims.admin == true", Scope::Claims, true);
}

#[test]
fn what_is_selected_is_told() {
    let mut errors = Errors::new();
    let text = "claims.email.lowerAscii() + (claims.?email_verified.orValue(false) ? '' : '?')";
    let expression = check(text, Scope::Claims, false, &Path::new("e"), &mut errors).unwrap();
    assert!(
        expression.selects("claims", "email") && expression.selects("claims", "email_verified")
    );
    assert!(!expression.selects("claims", "sub") && !expression.selects("user", "email"));
}

#[test]
fn what_cannot_be_told_here_is_taken() {
    // Functions of Kubernetes' libraries, and the types of their arguments, are not looked at.
    for text in [
        "request.user.nonsense() == 1",
        "quantity('1Gi').isGreaterThan(quantity('1Mi'))",
        "ip('10.0.0.1').family() == 4",
        "1 == 'x'",
    ] {
        good(text, Scope::Request, true);
    }
}
