package caveat

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// addressType is ipaddress in CEL. It has no traits: addresses are compared for
// equality and asked for their network, nothing else.
var addressType = cel.OpaqueType("ipaddress")

// An address is a value of type ipaddress.
type address struct{ ip netip.Addr }

// Type implements ref.Val.
func (a address) Type() ref.Type { return addressType }

// Value implements ref.Val.
func (a address) Value() any { return a.ip }

// Equal implements ref.Val. An address equals no value of another type.
func (a address) Equal(other ref.Val) ref.Val {
	b, ok := other.(address)
	return types.Bool(ok && a == b)
}

// ConvertToNative implements ref.Val.
func (a address) ConvertToNative(t reflect.Type) (any, error) {
	switch t {
	case reflect.TypeFor[netip.Addr]():
		return a.ip, nil
	case reflect.TypeFor[string]():
		return a.ip.String(), nil
	}
	return nil, fmt.Errorf("an ipaddress is no %v", t)
}

// ConvertToType implements ref.Val.
func (a address) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.StringType:
		return types.String(a.ip.String())
	case types.TypeType:
		return addressType
	}
	return types.NewErr("an ipaddress is no %s", t.TypeName())
}

// maxNetwork is how many bytes the text of a network has at most, and a few more.
const maxNetwork = 64

var errNoNetwork = errors.New("too long for a network")

const inNetworkOverload = "ipaddress_in_cidr_string"

// inNetwork is the method in_cidr.
func inNetwork() cel.EnvOption {
	return cel.Function("in_cidr", cel.MemberOverload(inNetworkOverload,
		[]*cel.Type{addressType, cel.StringType}, cel.BoolType,
		cel.BinaryBinding(func(target, arg ref.Val) ref.Val {
			a, isAddress := target.(address)
			text, isString := arg.(types.String)
			if !isAddress || !isString {
				return types.MaybeNoSuchOverloadErr(arg)
			}
			// What is longer is none, and reading it would cost more than a call does.
			network, err := netip.Prefix{}, errNoNetwork
			if len(text) <= maxNetwork {
				network, err = netip.ParsePrefix(string(text))
			}
			if err != nil {
				return types.NewErr("in_cidr: %s is no network such as \"10.0.0.0/8\"", quote(string(text)))
			}
			return types.Bool(unmapped(network).Contains(a.ip.WithZone("")))
		})))
}

// unmapped returns the IPv4 network that an IPv6 one of mapped addresses is.
func unmapped(network netip.Prefix) netip.Prefix {
	if bits := network.Bits() - 96; network.Addr().Is4In6() && bits >= 0 {
		return netip.PrefixFrom(network.Addr().Unmap(), bits)
	}
	return network
}

// makeAddress is the function ipaddress.
func makeAddress() cel.EnvOption {
	return cel.Function("ipaddress", cel.Overload("string_to_ipaddress",
		[]*cel.Type{cel.StringType}, addressType,
		cel.UnaryBinding(func(arg ref.Val) ref.Val {
			text, ok := arg.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(arg)
			}
			if len(text) <= maxNetwork {
				if a := readAddress(string(text)); a != nil {
					return a
				}
			}
			return types.NewErr("ipaddress: %s is no IP address such as \"10.0.0.1\"", quote(string(text)))
		})))
}
