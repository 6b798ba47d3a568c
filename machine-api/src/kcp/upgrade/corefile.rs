//! The configuration of CoreDNS, taken from one version to another.
//!
//! Follows `coredns/corefile-migration` from CoreDNS 1.8.0 on, which is older than what any Kubernetes version comes with that a
//! control plane can still be made of.

use crate::core_dns;

/// The first version whose configuration is understood.
const FIRST: (u64, u64, u64) = (1, 8, 0);

/// The width of a step.
const INDENT: usize = 4;

/// Why a configuration of CoreDNS cannot be taken to another version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorefileError {
    /// There is no way from one version to the other.
    #[error("{0}")]
    NoWay(String),
    /// A version is older than those that are understood.
    #[error("configurations of CoreDNS before 1.8.0 cannot be migrated")]
    TooOld,
    /// The configuration is none: something stands where nothing can.
    #[error("line {line}: {token:?} stands outside of a server block")]
    Misplaced {
        /// The line, from 1 on.
        line: usize,
        /// What stands there.
        token: String,
    },
}

/// A configuration of one version of CoreDNS as one of another version that comes after it. What changes for no version stays, but for
/// comments and blanks.
///
/// ```
/// use machine_api::kcp::upgrade::migrate;
///
/// let old = ".:53 {\n  kubernetes cluster.local {\n    endpoint https://a https://b\n  } # for now\n}\n";
/// let new = migrate((1, 11, 1), (1, 12, 4), old)?;
/// assert_eq!(new, ".:53 {\n    kubernetes cluster.local {\n        endpoint https://a\n    }\n}\n");
/// assert!(migrate((1, 12, 4), (1, 11, 1), old).is_err());
/// # Ok::<(), machine_api::kcp::upgrade::CorefileError>(())
/// ```
///
/// # Errors
/// The versions are unknown, or in the wrong order, or too old, or the configuration is none.
pub fn migrate(
    from: (u64, u64, u64),
    to: (u64, u64, u64),
    corefile: &str,
) -> Result<String, CorefileError> {
    if from == to {
        return Ok(corefile.to_owned());
    }
    core_dns::migration(from, to).map_err(CorefileError::NoWay)?;
    if from < FIRST {
        return Err(CorefileError::TooOld);
    }
    let mut servers = parse(corefile)?;
    let plugins = servers.iter_mut().flat_map(|server| &mut server.plugins);
    for plugin in plugins.filter(|plugin| plugin.name == "kubernetes") {
        // All but the first are ignored, and have been all along.
        let endpoints = plugin.options.iter_mut();
        for endpoint in endpoints.filter(|option| option.name == "endpoint") {
            endpoint.args.truncate(1);
        }
    }
    let texts: Vec<String> = servers.iter().map(Server::text).collect();
    Ok(texts.join("\n"))
}

#[derive(Debug, PartialEq, Eq)]
struct Server {
    domains: Vec<String>,
    plugins: Vec<Plugin>,
}

#[derive(Debug, PartialEq, Eq)]
struct Plugin {
    name: String,
    args: Vec<String>,
    options: Vec<Directive>,
}

#[derive(Debug, PartialEq, Eq)]
struct Directive {
    name: String,
    args: Vec<String>,
}

fn parse(text: &str) -> Result<Vec<Server>, CorefileError> {
    let tokens = tokens(text);
    let mut servers: Vec<Server> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            name => {
                let args = rest_of_line(&tokens, &mut at);
                let (name, server) = (name.to_owned(), servers.last_mut());
                let misplaced = || CorefileError::Misplaced {
                    line: token.line,
                    token: token.text.clone(),
                };
                match depth {
                    0 => servers.push(Server {
                        domains: [name].into_iter().chain(args).collect(),
                        plugins: Vec::new(),
                    }),
                    1 => server.ok_or_else(misplaced)?.plugins.push(Plugin {
                        name,
                        args,
                        options: Vec::new(),
                    }),
                    2 => {
                        let plugin = server.and_then(|server| server.plugins.last_mut());
                        let options = &mut plugin.ok_or_else(misplaced)?.options;
                        options.push(Directive { name, args });
                    }
                    // Nothing that CoreDNS has goes deeper.
                    _ => {}
                }
            }
        }
    }
    Ok(servers)
}

/// What stands on the line of the token before, up to a block that begins there.
fn rest_of_line(tokens: &[Token], at: &mut usize) -> Vec<String> {
    let mut args = Vec::new();
    while let (Some(before), Some(token)) = (tokens.get(at.wrapping_sub(1)), tokens.get(*at)) {
        // A token in quotes may have lines of its own.
        let end = before.line + before.text.matches('\n').count();
        if token.line != end || token.text == "{" {
            break;
        }
        args.push(token.text.clone());
        *at += 1;
    }
    args
}

#[derive(Debug)]
struct Token {
    line: usize,
    text: String,
}

/// Tokens are parted by blanks, may be in quotes, and end at comments.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut line, mut begin) = (1, 1);
    let mut token = String::new();
    let (mut comment, mut quoted, mut escaped) = (false, false, false);
    let mut end = |token: &mut String, line| {
        tokens.push(Token {
            line,
            text: std::mem::take(token),
        });
    };
    for char in text.chars() {
        if quoted {
            match char {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' if !escaped => {
                    quoted = false;
                    end(&mut token, begin);
                    continue;
                }
                '\n' => line += 1,
                _ => {}
            }
            // Only quotes can be escaped.
            if escaped && char != '"' {
                token.push('\\');
            }
            token.push(char);
            escaped = false;
            continue;
        }
        if char.is_whitespace() {
            if char == '\r' {
                continue;
            }
            if !token.is_empty() {
                end(&mut token, begin);
            }
            if char == '\n' {
                line += 1;
                comment = false;
            }
            continue;
        }
        comment |= char == '#';
        if comment {
            continue;
        }
        if token.is_empty() {
            begin = line;
            if char == '"' {
                quoted = true;
                continue;
            }
        }
        token.push(char);
    }
    if !token.is_empty() {
        end(&mut token, begin);
    }
    tokens
}

impl Server {
    fn text(&self) -> String {
        let domains = line(None, &self.domains);
        if self.plugins.is_empty() {
            return domains;
        }
        let plugins: Vec<String> = self.plugins.iter().map(Plugin::text).collect();
        format!("{domains} {{\n{}\n}}\n", plugins.join("\n"))
    }
}

impl Plugin {
    fn text(&self) -> String {
        let step = " ".repeat(INDENT);
        let head = line(Some(&self.name), &self.args);
        if self.options.is_empty() {
            return format!("{step}{head}");
        }
        let options = self.options.iter();
        let options =
            options.map(|one| format!("{step}{step}{}", line(Some(&one.name), &one.args)));
        let options: Vec<String> = options.collect();
        format!("{step}{head} {{\n{}\n{step}}}", options.join("\n"))
    }
}

/// A name with its arguments; those that would be read as something else are put in quotes. Cluster API only looks for blanks.
fn line(name: Option<&str>, args: &[String]) -> String {
    let quoted = args.iter().map(|arg| {
        let special = |char: char| char.is_whitespace() || char == '#';
        if arg.is_empty() || arg.contains(special) || arg.starts_with('"') {
            format!("\"{}\"", arg.replace('"', "\\\""))
        } else {
            arg.clone()
        }
    });
    let words: Vec<String> = name.map(str::to_owned).into_iter().chain(quoted).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As kubeadm writes it.
    const DEFAULT: &str = ".:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
";

    fn newest(text: &str) -> Result<String, CorefileError> {
        migrate((1, 8, 0), (1, 14, 2), text)
    }

    #[test]
    fn the_default_only_changes_its_blanks() {
        let migrated = newest(DEFAULT).unwrap();
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        assert_eq!(words(&migrated), words(DEFAULT));
        assert_eq!(newest(&migrated).unwrap(), migrated);
    }

    #[test]
    fn several_servers_imports_and_quotes_stay() {
        let text = "import ../custom/*.server\nexample.org:53 example.com:53 {\n  rewrite name regex \"a b\" \"c \\\" d\"\n  log # all\n}\n\
                    .:53 {\n  template IN A {\n    answer \"{{ .Name }} 60\n IN A 1.2.3.4\" twice\n  }\n}";
        let expected = "import ../custom/*.server\nexample.org:53 example.com:53 {\n    rewrite name regex \"a b\" \"c \\\" d\"\n    log\n}\n\n\
                        .:53 {\n    template IN A {\n        answer \"{{ .Name }} 60\n IN A 1.2.3.4\" twice\n    }\n}\n";
        assert_eq!(newest(text).unwrap(), expected);
    }

    #[test]
    fn what_is_too_old_or_no_configuration_is_refused() {
        assert_eq!(
            migrate((1, 7, 1), (1, 12, 0), DEFAULT),
            Err(CorefileError::TooOld)
        );
        assert_eq!(migrate((1, 7, 1), (1, 7, 1), DEFAULT).unwrap(), DEFAULT);
        let misplaced = CorefileError::Misplaced {
            line: 2,
            token: "log".to_owned(),
        };
        assert_eq!(newest("{\nlog\n}"), Err(misplaced));
        assert!(matches!(
            migrate((1, 9, 9), (1, 12, 0), DEFAULT),
            Err(CorefileError::NoWay(_))
        ));
    }

    proptest! {
        /// What arguments say stays, whatever is in them, and what was migrated once stays as it is.
        #[test]
        fn arguments_are_kept(args in prop::collection::vec("[a-c #\"{}\n]{0,6}", 0..4)) {
            // Braces that stand alone are taken for those of blocks, even in quotes.
            prop_assume!(args.iter().all(|arg| !["{", "}"].contains(&arg.as_str())));
            let quoted: Vec<String> = args.iter().map(|arg| format!("\"{}\"", arg.replace('"', "\\\""))).collect();
            let text = format!(".:53 {{\nlog {}\n}}", quoted.join(" "));
            let once = newest(&text).unwrap();
            let servers = parse(&once).unwrap();
            prop_assert_eq!(&servers[0].plugins[0].args, &args);
            prop_assert_eq!(newest(&once).unwrap(), once);
        }

        #[test]
        fn no_text_is_too_much(text in "[a-c .:#\"\\\\{}\n]{0,60}") {
            let _result = newest(&text);
        }

        #[test]
        fn plain_configurations_are_kept(names in prop::collection::vec("[a-z]{1,6}", 1..4), args in prop::collection::vec("[a-z0-9./:]{1,8}", 0..3)) {
            let servers = names.iter().map(|name| format!("{name}:53 {{\n    log {}\n}}\n", args.join(" ")));
            let text: String = servers.collect();
            let once = newest(&text).unwrap();
            prop_assert_eq!(newest(&once).unwrap(), once.clone());
            prop_assert_eq!(once.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
        }
    }
}
