//! The network: a bridge that joins all, and a way to the attacker for each perspective.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use nix::sched::{CloneFlags, setns};

/// Where the victim's web server is.
pub(crate) const VICTIM: Ipv4Addr = Ipv4Addr::new(44, 0, 2, 80);

/// Where the test itself is.
const HERE: &str = "44.0.5.1/8";

/// The network of the namespaces. It goes with the process that made it.
pub(crate) struct Network {
    hijacked: Vec<usize>,
}

/// The address of a perspective. It is no special-use address, and leads nowhere but to this bridge.
pub(crate) fn address(perspective: usize) -> IpAddr {
    [44, 0, 1, 10 + u8::try_from(perspective).unwrap()].into()
}

/// The address of a perspective's resolver.
pub(crate) fn resolver(perspective: usize) -> SocketAddr {
    SocketAddr::from(([44, 0, 4, 10 + u8::try_from(perspective).unwrap()], 53))
}

/// The name of a perspective's namespace.
pub(crate) fn namespace(perspective: usize) -> String {
    format!("p{perspective}")
}

impl Network {
    /// Makes namespaces for so many perspectives, and one for the attacker.
    pub(crate) fn new(perspectives: usize) -> Self {
        // Where `ip` notes the namespaces; nobody else sees this.
        run("mount -t tmpfs none /run && mkdir /run/netns");
        run("ip link set lo up && ip link add bridge type bridge && ip link set bridge up");
        run(&format!(
            "ip address add {HERE} dev bridge && ip address add {VICTIM}/8 dev bridge"
        ));
        run("ip netns add attacker && ip -n attacker link set lo up");
        run(&format!("ip -n attacker address add {VICTIM}/32 dev lo"));
        for index in 0..perspectives {
            let (name, own) = (namespace(index), address(index));
            run(&format!("ip netns add {name} && ip -n {name} link set lo up"));
            run(&format!(
                "ip link add b{index} type veth peer name eth0 netns {name}"
            ));
            run(&format!(
                "ip link set b{index} master bridge up && ip -n {name} link set eth0 up"
            ));
            run(&format!("ip -n {name} address add {own}/8 dev eth0"));
            run(&format!("ip address add {}/8 dev bridge", resolver(index).ip()));
            // The way on which this perspective can be led to the attacker.
            run(&format!(
                "ip -n {name} link add detour type veth peer name d{index} netns attacker"
            ));
            run(&format!(
                "ip -n {name} link set detour up && ip -n attacker link set d{index} up"
            ));
            run(&format!("ip -n {name} address add 44.1.{index}.1/30 dev detour"));
            run(&format!(
                "ip -n attacker address add 44.1.{index}.2/30 dev d{index}"
            ));
        }
        Self { hijacked: Vec::new() }
    }

    /// Leads exactly these to the attacker when they want to reach the victim.
    pub(crate) fn hijack(&mut self, perspectives: &[usize]) {
        let route = |change: &str, index: &usize| {
            let (name, via) = (namespace(*index), format!("44.1.{index}.2"));
            run(&format!("ip -n {name} route {change} {VICTIM}/32 via {via}"));
        };
        for index in &self.hijacked {
            route("delete", index);
        }
        for index in perspectives {
            route("add", index);
        }
        self.hijacked = perspectives.to_vec();
    }
}

/// Listens at the victim's address: here, or in the namespace of the attacker. The network must be there.
pub(crate) fn listen(attacker: bool) -> TcpListener {
    // A socket stays in the namespace that its thread was in.
    let listen = move || {
        if attacker {
            let namespace = File::open("/run/netns/attacker").unwrap();
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
        }
        TcpListener::bind((VICTIM, 80)).unwrap()
    };
    std::thread::spawn(listen).join().unwrap()
}

fn run(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
