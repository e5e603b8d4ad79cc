export default function map() {}
