#!/bin/bash
# Installed as fence_ipmilan: a fence agent whose management boards are power-switch.ts, which is reached by the network
# as theirs would be. Options come on standard input, NAME=VALUE a line, or the one that asks for the metadata.
declare -A option=([port]=623)
if [[ ${1:-} == -o ]]; then
  option[action]=$2
else
  while IFS='=' read -r name value; do
    [[ -z $name ]] || option[$name]=$value
  done
fi
case ${option[action]:-} in
  metadata)
    parameters=
    for name in action ip username password lanplus; do
      parameters+="<parameter name=\"$name\"><content type=\"string\"/></parameter>"
    done
    actions=
    for name in off status monitor metadata; do actions+="<action name=\"$name\"/>"; done
    echo "<?xml version=\"1.0\"?><resource-agent name=\"fence_ipmilan\" shortdesc=\"a dummy\"><longdesc>A dummy</longdesc>
      <parameters>$parameters</parameters><actions>$actions</actions></resource-agent>"
    ;;
  off | status | monitor)
    exec 3<>"/dev/tcp/${option[ip]}/623" || exit 1
    echo "${option[action]}" >&3
    read -r -t 10 answer <&3 || exit 1
    # Of a status: 0 on, 2 off.
    [[ ${option[action]} != status || $answer == on ]] || exit 2
    ;;
  *) exit 1 ;;
esac
